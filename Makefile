.PHONY: demo test
demo:
	./co demo
test:
	./co test
