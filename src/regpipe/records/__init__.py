"""The lines between the stages: NDJSON in and out, and what they mean.

ndjson    lines to inputs, and records to lines
jsontext  a stream of bytes divided into JSON texts
targets   what an input names: registries, repositories or images
forms     JSON input that is not a record, one module a form
make      the constructors of all records
"""
