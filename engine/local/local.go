// Package local runs task graphs in this process, on a few goroutines.
//
//	engine := local.New(local.Config{Reserve: local.Admission(budget)})
//	for r, err := range engine.Run(ctx, &graph, task.RunOptions{}, "sum") { … }
//
// The order of tasks, and what is kept how long, is decided by package sched;
// what is finished is kept in a journal of package journal. This package is the
// shell around the two: workers, clocks, memory, files.
//
// Cheap tasks are handed to the workers some ahead, worth about half a
// millisecond, so that a hundred thousand and more a second get through; tasks
// that take longer are handed out one a worker, so that priorities hold.
//
// A panic in an op is a bug and ends the process.
package local

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"runtime"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/task"
)

// A Reservation is memory that is admitted until Release. The op finds it with
// task.Reserved.
type Reservation interface{ Release() }

// A Reserve admits n bytes for what, waiting for them if need be. It is
// errs.TooLarge when n can never be had.
type Reserve func(ctx context.Context, n int64, what string) (Reservation, error)

// Admission makes a Reserve of a budget such as *memory.Budget.
func Admission[R Reservation](budget interface {
	Reserve(ctx context.Context, n int64, what string) (R, error)
}) Reserve {
	return func(ctx context.Context, n int64, what string) (Reservation, error) {
		r, err := budget.Reserve(ctx, n, what)
		if err != nil {
			return nil, err // not r, which would be an interface that is not nil
		}
		return r, nil
	}
}

// An Execution is one attempt at a task.
type Execution struct {
	ID      task.ID
	Spec    *task.Spec
	Args    json.RawMessage
	Call    task.Call // Args decoded
	Attempt int       // from 1
	Worker  int       // from 0: one execution a worker at a time
}

// Config says how an engine runs tasks. The zero Config is useful.
type Config struct {
	Workers int     // tasks at a time; default: cores
	Reserve Reserve // admits the Cost.Bytes of each task; nil admits all
	Seed    uint64  // of the random part of waits

	// Execute runs a task elsewhere; nil runs it here. An error that is
	// errs.Unavailable is tried again.
	Execute func(context.Context, Execution) (json.RawMessage, error)
}

// An Engine is a task.Runner in this process.
type Engine struct{ config Config }

var _ task.Runner = (*Engine)(nil)

// New makes an engine. It holds nothing between runs.
func New(c Config) *Engine {
	if c.Workers <= 0 {
		c.Workers = runtime.GOMAXPROCS(0)
	}
	if c.Execute == nil {
		c.Execute = func(ctx context.Context, x Execution) (json.RawMessage, error) { return x.Call.Run(ctx) }
	}
	return &Engine{c}
}

// Run is task.Runner's. Each run has workers of its own.
func (e *Engine) Run(ctx context.Context, g *task.Graph, o task.RunOptions, targets ...task.Key) iter.Seq2[task.Result, error] {
	return func(yield func(task.Result, error) bool) {
		plan, err := g.Plan(targets...)
		if err != nil {
			yield(task.Result{}, err)
			return
		}
		r := &run{config: e.config, plan: plan, yield: yield}
		defer func() { _ = r.close() }() // again, should the loop body panic
		err = r.open(o)
		if err == nil {
			err = r.loop(ctx)
		}
		err = errors.Join(err, r.close())
		if err != nil && !r.left {
			yield(task.Result{}, err)
		}
	}
}

// again reports whether a task that ended with err may be tried again.
func again(ctx context.Context, err error) bool {
	return errors.Is(err, errs.Unavailable) && ctx.Err() == nil
}
