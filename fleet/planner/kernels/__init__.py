"""The search for routes, compiled: plain Python files that Cython turns into C, each beside a file of C types."""
