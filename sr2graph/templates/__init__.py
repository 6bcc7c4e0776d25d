"""What a tree means: the templates of PS3.16, matched to content items, and the observations they hold."""
