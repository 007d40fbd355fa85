"""The studio: a page that turns knobs in the browser, and what of a run it needs.

`bundle` writes the files of a run, `server` serves them with the page, `web` and `single_file` write both for any host
and as one file.
"""
