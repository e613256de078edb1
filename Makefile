.PHONY: demo test lock plans contact-sheet designs real-model
demo:
	./co demo
test:
	./co test
lock:
	./co lock

# Every plan of the designer: its app passes its own tests, and an instance builds it until it is ready. Half an hour.
plans:
	COFOUNDER_PLANS=all ./co test -n 2 backend/tests/blueprint/test_designer_plans.py backend/tests/e2e/test_designer_plans.py

# A small real model on llama.cpp's own server: a goal end to end, the wire and the grammar as they are.
real-model:
	./co test --model

# Every screen of the page in each of its states, as pictures on one sheet: build/page/index.html. Needs Chromium.
contact-sheet:
	COFOUNDER_PAGE_PICTURES=$(CURDIR)/build/page ./co test backend/tests/e2e/test_page_states.py

# Apps of ten trades, one in each design, as their owners and their customers see them first, wide and on a phone,
# light and dark: sheets of pictures in docs/eval/pictures/designs, and what axe-core finds.
designs:
	./co --version
	cd backend && ../.venv/bin/python -m tests.eval.looks ../docs/eval/pictures/designs --axe
