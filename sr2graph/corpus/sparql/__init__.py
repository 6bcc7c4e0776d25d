"""SPARQL 1.1 queries to one SQL statement over the tables of a corpus."""
