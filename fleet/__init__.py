"""Fleet controller for the last mile: orders in, every parcel delivered or handed on."""
