"""The templates of PS3.16, and the vocabulary, as SHACL shapes that are written from their tables."""
