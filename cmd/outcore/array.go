package main

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/engine/local"
	"github.com/outcore/outcore/icechunk"
	"github.com/outcore/outcore/ndarray"
	"github.com/outcore/outcore/task"
)

func (p *program) arrayCommand() *cobra.Command {
	array := &cobra.Command{
		Use:     "array",
		Short:   "Compute with arrays larger than memory, and change them",
		GroupID: "data",
		Long: `Compute with arrays larger than memory, and change them in transactions.

An array is a node of a repository: ADDRESS#/path, or ADDRESS@REF#/path for its
state in a branch, a tag or a snapshot. See outcore repo --help.

--select takes a part as Python does: '0:3,:', '::-1', '-1', '...,0'.`,
		Example: `  outcore array stat 'data/lab#/mnist/X' --axis 0
  outcore array cat 'data/lab#/mnist/X' --select '0:3,:' --to csv
  outcore array set 'data/lab#/mnist/X' --select ':,0:10' --value 0 \
      -m "blank the border"
  outcore array map 'data/lab#/mnist/X' --expr 'x * 2 - 1' --commit-every 64`,
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	array.AddCommand(
		p.arrayStatCommand(),
		p.arrayCatCommand(),
		p.arrayCreateCommand(),
		p.arraySetCommand(),
		p.arrayMapCommand(),
		p.arrayResizeCommand(),
	)
	return array
}

// runner runs the tasks of arrays in this process, within the budget.
func (j *job) runner() task.Runner {
	return local.New(local.Config{Workers: j.jobs, Reserve: local.Admission(j.budget)})
}

// writing opens a transaction on the branch that an address names.
func (j *job) writing(ctx context.Context, address string) (*place, *icechunk.Session, error) {
	if err := nodeAddress(address); err != nil {
		return nil, nil, err
	}
	pl, err := openPlace(ctx, address, icechunk.Options{Budget: j.budget})
	if err != nil {
		return nil, nil, err
	}
	s, err := pl.Session(ctx, pl.branch())
	if err != nil {
		pl.Close()
		return nil, nil, err
	}
	return pl, s, nil
}

// branch is the branch that changes go to.
func (pl *place) branch() string {
	if pl.ref == "" {
		return "main"
	}
	return pl.ref
}

// selected reads --select; nil is all.
func selected(text string) ([]ndarray.Index, error) {
	if strings.TrimSpace(text) == "" {
		return nil, nil
	}
	index, err := ndarray.ParseSelection(text)
	if err != nil {
		return nil, usage("--select: %v", err)
	}
	return index, nil
}
