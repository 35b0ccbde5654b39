"""From what was recorded to what is learned from; pandas and scikit-learn, so training half only.

``events`` works on a log of single plays, ``splitting`` cuts one by time, ``rows`` is the gate that
every training goes through, ``encoding`` turns what is known of items into columns. Each step says
in a ``Report`` what it dropped or changed, and why.
"""
