# Two names for what manage.py does; the commands work without make.
.PHONY: run test

run:
	@exec python3 manage.py up

test:
	@exec python3 manage.py verify
