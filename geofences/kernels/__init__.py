"""What is compiled for checks, and the arrays that it walks. It runs as plain Python too."""
