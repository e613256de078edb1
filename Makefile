.PHONY: demo test lock
demo:
	./co demo
test:
	./co test
lock:
	./co lock
