"""What a frame costs: a ledger of components, each with its count, price, spread and source."""
