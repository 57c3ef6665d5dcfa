// SPDX-License-Identifier: Apache-2.0

package config

import (
	"time"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Schedule is the rhythm of the daemon.
type Schedule struct {
	Every time.Duration `yaml:"every"` // default: the profile's
}

var scheduleSection = settings.Section{
	Name: "schedule",
	Is:   scanner.Text{FR: "Le rythme de « carescan-agent run ».", EN: "The rhythm of carescan-agent run."},
	Keys: settings.Keys{
		"every": {FR: "durée entre deux passages ; à défaut, celle du profil", EN: "time between two runs; without it, that of the profile", Example: "24h"},
	},
}

// shortestRhythm keeps a slip of the configuration from becoming a nuisance.
const shortestRhythm = time.Minute

// Validate refuses a rhythm that would be a nuisance.
func (s Schedule) Validate() settings.Faults {
	if s.Every == 0 || s.Every >= shortestRhythm {
		return nil
	}
	return settings.Faults{{
		Key:  "every",
		What: settings.Say("%s est plus court qu'une minute", "%s is shorter than one minute", s.Every),
		Hint: scanner.Text{FR: "écrivez par exemple 24h", EN: "write for example 24h"},
	}}
}

// FilePaths are none.
func (*Schedule) FilePaths() []*string { return nil }
