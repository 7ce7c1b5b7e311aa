"""One organisation against another: everything that it can ask for, guess and send."""
