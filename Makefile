# Both targets need Python >= 3.10 with pip, and make. They share .venv and leave an existing one as it is.
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python
PIP = $(RUN) -m pip --quiet --disable-pip-version-check
CONFIG = configs/bert_softmax/bert-tiny_softmax_sample_5e.py
DEMO = work_dirs/demo

.PHONY: demo test

demo: $(VENV)/installed
	$(RUN) tools/train.py $(CONFIG) --work-dir $(DEMO)
	$(RUN) tools/test.py $(CONFIG) $(DEMO)/epoch_5.pth --work-dir $(DEMO)/test --dump $(DEMO)/predictions.jsonl
	$(RUN) tools/show_predictions.py $(DEMO)/predictions.jsonl --first 6

# Two processes that compute with one thread each take half the time of one with two.
test: $(VENV)/installed-test
	OMP_NUM_THREADS=1 $(RUN) -m pytest --numprocesses 2 --dist loadfile

# torch comes first, so that it is the tested version and not the newest. mmengine asks for opencv-python, which needs
# libGL; its twin without a display takes its place, since a server may have no libGL.
$(VENV)/installed: setup.py requirements.txt
	test -x $(RUN) || $(PYTHON) -m venv $(VENV)
	$(PIP) install torch==2.13.0
	$(PIP) install --editable .
	$(PIP) uninstall --yes opencv-python
	$(PIP) install --force-reinstall --no-deps opencv-python-headless
	touch $@

$(VENV)/installed-test: $(VENV)/installed requirements-test.txt
	$(PIP) install -r requirements-test.txt
	touch $@
