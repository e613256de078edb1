.PHONY: demo test lock plans
demo:
	./co demo
test:
	./co test
lock:
	./co lock

# Every plan of the designer as an app that passes its own tests: a quarter of an hour.
plans:
	COFOUNDER_PLANS=all ./co test -n 2 backend/tests/blueprint/test_designer_plans.py
