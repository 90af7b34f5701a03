// Package outcore is the front page of the house: what stands where.
//
// Data flows one way:
//
//	source → chunk files → feature → ml → model → predict, score, report
//
// The rooms, from the ground up; a package imports only packages before it
// (rooms_test.go holds the list):
//
//	words    errs, dtype, event, memory, task
//	bytes    codec, blob, stream, npy
//	store    source
//	columns  feature
//	learn    ml, metric, preprocess, linear, compose
//	operate  run, chunk, train
//	wing     engine/local, engine/subprocess
//	face     plot, report, cmd/outcore (with cmd/outcore/tour)
//
// Work runs in one of two ways: a stream (an ordered parallel map with a fold
// behind it: how data is chunked and learned from) or a task.Graph (coarse
// jobs with dependencies, run by an engine).
//
// This package holds no code.
package outcore
