"""The wire's vocabulary: values, messages, lifecycle tables, codec and the sans-I/O session of both ends."""
