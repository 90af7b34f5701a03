package main

import "github.com/spf13/cobra"

// commands lists the verbs.
func (p *program) commands() []*cobra.Command {
	return []*cobra.Command{
		p.chunkCommand(),
		p.transformCommand(),
		p.trainCommand(),
		p.scoreCommand(),
		p.predictCommand(),
		p.modelCommand(),
		p.repoCommand(),
		p.arrayCommand(),
		p.tourCommand(),
		p.runsCommand(),
		p.doctorCommand(),
		p.versionCommand(),
	}
}
