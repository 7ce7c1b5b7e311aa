"""The whole centre on one machine: embedded servers, a supervisor over our own processes, and a test rig."""
