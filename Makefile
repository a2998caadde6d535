# Names for what manage.py does; the commands work without make.
.PHONY: run test test-faults bench

run:
	@exec python3 manage.py up

test:
	@exec python3 manage.py verify

# Kills real processes, on SQLite and on a PostgreSQL of its own; FULL=1 for 5,000 messages and 60 kills.
test-faults:
	@exec python3 manage.py faults

# Speeds as ratios within one run, written to var/bench.json; ONLY=dispatch for a part, FULL=1 for the largest sizes.
bench:
	@exec python3 manage.py bench
