package main

// The places that addresses may name.
import (
	_ "github.com/outcore/outcore/blob/fileblob"
	_ "github.com/outcore/outcore/blob/s3blob"
)
