"""Images: files of every format, colour spaces, projections and tone mapping."""
