"""What light arrives: photographs and their labels, and how they are exposed."""
