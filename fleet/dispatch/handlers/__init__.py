"""One file for each subject; each function handles one type of message."""
