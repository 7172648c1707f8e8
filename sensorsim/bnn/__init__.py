"""The binary network, from packed bits to class scores: layers, file format and simulator."""
