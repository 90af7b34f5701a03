package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/outcore/outcore/errs"
	"github.com/outcore/outcore/icechunk"
)

func isKind(err error, k errs.Kind) bool { return errors.Is(err, k) }

func (p *program) repoCommand() *cobra.Command {
	repo := &cobra.Command{
		Use:     "repo",
		Short:   "Make repositories of arrays and tables, and look into them",
		GroupID: "data",
		Long: `Make repositories of arrays and tables, and look into them.

A repository is groups, arrays and tables that change in transactions, in a
directory or an object store. Its format is Icechunk 2.1 over Zarr 3: icechunk,
zarr and xarray open it in Python, and we open theirs.

ADDRESS is the repository; ADDRESS#/path a node in it; ADDRESS@REF#/path a node
of a branch, a tag or a snapshot (its ID, or 8 or more letters of its
beginning).`,
		Example: `  outcore repo create data/lab
  outcore chunk flights.csv 'data/lab#/flights'
  outcore repo ls data/lab
  outcore repo log data/lab
  outcore repo tag data/lab v1`,
		Args: cobra.ArbitraryArgs,
		RunE: group,
	}
	repo.AddCommand(
		p.repoCreateCommand(),
		p.repoLsCommand(),
		p.repoLogCommand(),
		p.repoDiffCommand(),
		p.repoBranchCommand(),
		p.repoTagCommand(),
		p.repoDigestCommand(),
		p.repoCheckCommand(),
	)
	return repo
}

func (p *program) repoCreateCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "create ADDRESS",
		Short:   "Make an empty repository",
		Example: "  outcore repo create data/lab\n  outcore repo create s3://bucket/lab",
		Args:    exactly(1, "the address of the repository"),
		RunE: func(cmd *cobra.Command, args []string) error {
			ctx := cmd.Context()
			pl, err := newPlace(ctx, args[0])
			if err != nil {
				return err
			}
			defer pl.Close()
			if pl.address.Node != "" || pl.address.Ref != "" {
				return usage("found %q, expected the address of a repository without a node or version", args[0])
			}
			r, err := icechunk.Create(ctx, pl.bucket, icechunk.Options{Program: programName()})
			if err != nil {
				return err
			}
			id, err := r.Resolve(ctx, "")
			if err != nil {
				return err
			}
			if p.json {
				return p.object("outcore.repo.create/v1", struct {
					Address  string `json:"address"`
					Branch   string `json:"branch"`
					Snapshot string `json:"snapshot"`
				}{pl.at("", ""), "main", id.String()})
			}
			_, err = fmt.Fprintf(p.stdout, "made an empty repository at %s, branch main\n", pl.at("", ""))
			return err
		},
	}
}

// object prints v as one JSON object whose first key is its schema.
func (p *program) object(schema string, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	head, err := json.Marshal(schema)
	if err != nil {
		return err
	}
	line := append([]byte(`{"schema":`), head...)
	if len(b) > 2 {
		line = append(line, ',')
	}
	line = append(append(line, b[1:]...), '\n')
	_, err = p.stdout.Write(line)
	return err
}

// looking runs a verb that only reads a repository, and does not log it: ctx
// ends with a signal.
func (p *program) looking(cmd *cobra.Command, address string, do func(ctx context.Context, pl *place) error) error {
	ctx, stop := untilSignal(cmd.Context())
	defer stop()
	pl, err := openPlace(ctx, address, icechunk.Options{})
	if err != nil {
		return err
	}
	defer pl.Close()
	err = do(ctx, pl)
	var s signalError
	if cause := context.Cause(ctx); err != nil && errors.As(cause, &s) {
		return s
	}
	return err
}
