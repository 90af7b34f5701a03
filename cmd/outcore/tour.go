package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/cmd/outcore/tour"
	"github.com/outcore/outcore/internal/shellword"
)

// tourMemory is the budget of the tour unless --memory says otherwise.
const tourMemory = "256MiB"

// fastReplays makes the fast tour last a few seconds.
const fastReplays = 40

func (p *program) tourCommand() *cobra.Command {
	var dir string
	var fast, clean bool
	c := &cobra.Command{
		Use:     "tour",
		Short:   "See it work on real data larger than its memory, in half a minute",
		GroupID: "show",
		Long: `See it work: real New York flights, shipped with the program and replayed until
they are four times larger than the memory the tour allows itself, are chunked,
looked at, learned from, and scored on flights kept apart. Then the promises are
tried out: a training is killed and resumed, made with another number of
workers, and asked to fit in too little memory; a chunking is killed as well.

It needs no network and writes to ./tour only: a repository of 1.3 GiB, in which
every step is a commit, a model, and a report that any browser opens.`,
		Example: "  outcore tour\n  outcore tour --fast\n  outcore tour --memory 512MiB --dir /mnt/scratch/tour\n  outcore tour --clean",
		Args:    exactly(0, "none"),
	}
	work := p.job(func(ctx context.Context, j *job, _ []string) (any, error) {
		exe, err := os.Executable()
		if err != nil {
			return nil, err
		}
		out := j.stdout
		if j.json {
			out = j.stderr
		}
		cfg := tour.Config{Dir: dir, Budget: j.budget, Jobs: j.jobs, Program: []string{exe}, Name: calledAs(exe), Version: version, Out: out, Events: j.events, Listen: j.listen}
		if fast {
			cfg.Replays = fastReplays
		}
		return tour.Run(ctx, cfg)
	})
	c.RunE = func(cmd *cobra.Command, args []string) error {
		if clean {
			if err := tour.Clean(dir); err != nil {
				return err
			}
			_, err := fmt.Fprintf(p.stdout, "removed %s\n", dir)
			return err
		}
		if p.memory == "" {
			p.memory = tourMemory
		}
		p.quiet = true // the tour tells its own story
		return work(cmd, args)
	}
	f := c.Flags()
	f.StringVar(&dir, "dir", "tour", "directory for the files of the tour")
	f.BoolVar(&fast, "fast", false, "a few seconds instead of half a minute, with less data")
	f.BoolVar(&clean, "clean", false, "remove the files of an earlier tour, and stop")
	return c
}

// calledAs is how the user called the program, so that what is printed can be
// pasted: as typed, or by go run, whose binary is gone afterwards.
func calledAs(exe string) string {
	if strings.Contains(exe, string(filepath.Separator)+"go-build") {
		return "go run ./cmd/outcore"
	}
	return shellword.Quote(os.Args[0])
}
