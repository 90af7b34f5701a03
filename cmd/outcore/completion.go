package main

import (
	"github.com/spf13/cobra"

	"github.com/outcore/outcore/run"
)

// choices are what shells offer for flags that take one of a few words.
var choices = map[string][]string{
	"format":     {"csv", "tsv", "svmlight", "npy", "npz", "parquet"},
	"header":     {"auto", "yes", "no"},
	"zero-based": {"auto", "yes", "no"},
	"compress":   {"none", "fast", "max"},
	"layout":     {"npz", "npz-csr", "parquet", "array", "csr", "table"},
	"dtype":      {"float32", "float64", "uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64"},
	"log-level":  {"debug", "info", "warn", "error"},
}

// offerChoices lets shells complete the flags of c and of the verbs below it.
func offerChoices(c *cobra.Command) {
	for name, words := range choices {
		if c.Flags().Lookup(name) != nil || c.PersistentFlags().Lookup(name) != nil {
			c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there, and has no other
		}
	}
	for _, sub := range c.Commands() {
		offerChoices(sub)
	}
}

// offerRuns completes the ID of a run.
func offerRuns(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	home, err := run.Home()
	if err != nil || len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	list, _ := run.List(home) // none is nothing to offer
	ids := []string{"last"}
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
