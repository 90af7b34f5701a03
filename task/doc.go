// Package task says what coarse work is: ops, and graphs of them, as data.
//
// An Op is a function with a name. Its argument and its result are JSON: a
// result is a small value, or the address of a blob where the op wrote what is
// large. An op registered by Register is found by its name in any process; an
// op made by Local holds a closure and cannot leave this one.
//
// A Graph is keys, names of ops, arguments, and what depends on what. One entry
// is a task, or a range: one op times N, which costs the memory of one task
// until it runs. Where an argument holds an Input, the result of another task
// stands there when the op is called:
//
//	var parse = task.Register("demo.parse/v1", parseFile, parseCost)
//	var sum = task.Register("demo.sum/v1", addUp, nil)
//
//	type parseArgs struct { Part task.Index; Source string }
//	type sumArgs   struct { Counts task.Inputs[int64] }
//
//	var g task.Graph
//	parts := parse.Range(&g, "parse", 1000, parseArgs{Source: "s3://…"})
//	total := sum.Add(&g, "sum", sumArgs{Counts: parts.All()})
//	results, err := task.Collect(runner.Run(ctx, &g, task.RunOptions{}, total.Key()))
//	n, err := total.Of(results)
//
// A Runner runs what some targets need of a graph; see engine/local and
// engine/subprocess, which pass engine/enginetest. Plan is the form a runner
// works from: checked, culled, in order, with numbers for keys.
//
// Tasks take milliseconds to hours. Rows and batches are not tasks: they go
// through package stream, which may be the body of one.
//
// The package runs nothing and stores nothing.
package task
