"""The twenty faults that concern delivery: real workers, brokers, databases and a real mail server, killed for real.

`make test-faults`; FULL=1 for 5,000 messages and 60 kills. Everything listens on loopback, on ports of its own."""
