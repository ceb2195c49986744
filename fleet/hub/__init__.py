"""The hub's shell: sockets, loop, writer thread, outbox, supervisor. It carries out what ``fleet.dispatch`` decides."""
