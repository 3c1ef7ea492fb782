#!/usr/bin/env python3
"""Prints a field of the JSON on standard input, as the path of names to it says: field.py result stdout

A list is printed with an item per line."""
import json
import sys

value = json.load(sys.stdin)
for name in sys.argv[1:]:
    value = value[name]
for item in value if isinstance(value, list) else [value]:
    print(str(item).strip())
