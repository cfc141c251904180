"""The parts of `train_digits.py`: data, models in floating point, models in integers, files."""
