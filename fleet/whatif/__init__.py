"""A planned day, many times, against what nobody knows beforehand; and one fleet against another on the same days."""
