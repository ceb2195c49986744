"""How the hub shows how it is: numbers, status pages, logs, watchdog. Only the loop writes; all others read."""
