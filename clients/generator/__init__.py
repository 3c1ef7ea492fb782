"""What clients/generate.py is made of: one reading of the description of the REST interface, and a writer per language."""
