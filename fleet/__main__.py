"""``python -m fleet`` is the ``fleet`` command."""

if __name__ == "__main__":
    # Only then: what a command starts as a process of its own loads this file, too, and has no use for commands.
    from fleet.cli.main import main

    main()
