"""The rules, one file for each subject: each is a function from a case to the violations it finds."""
