"""Report to RDF and back: the vocabulary, records, quads and graphs."""
