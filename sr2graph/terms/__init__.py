"""What the codes of a report mean: coding schemes, their IRIs, and mappings between them."""
