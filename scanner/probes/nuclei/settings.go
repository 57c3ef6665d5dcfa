// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"time"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Settings are how applications are recognised.
type Settings struct {
	Folder   string        `yaml:"folder"`    // operator's own templates
	Pins     string        `yaml:"pins"`      // their hashes, as sha256sum writes them; needed with folder
	Timeout  time.Duration `yaml:"timeout"`   // for one site
	MemoryMB int64         `yaml:"memory_mb"` // of the worker process
	Rate     int           `yaml:"rate"`      // requests per second to one site, by templates and pages
}

// Defaults are the settings of who says nothing.
func Defaults() Settings {
	return Settings{Timeout: defaultTimeout, MemoryMB: defaultMemory >> 20, Rate: defaultRate}
}

// Section documents the settings.
var Section = settings.Section{
	Name: "templates",
	Is: scanner.Text{
		FR: "La reconnaissance des applications sur les sites, par des gabarits nuclei.",
		EN: "How applications are recognised on sites, by nuclei templates.",
	},
	Keys: settings.Keys{
		"folder": {
			FR: "dossier de vos propres gabarits ; ceux qui devinent, écrivent ou exploitent sont refusés",
			EN: "folder of your own templates; those that guess, write or exploit are refused", Example: "gabarits",
		},
		"pins": {
			FR: "leurs empreintes, comme les écrit sha256sum ; nécessaire avec folder",
			EN: "their hashes, as sha256sum writes them; needed with folder", Example: "gabarits.sha256",
		},
		"timeout":   {FR: "durée au plus pour un site", EN: "longest time for one site", Default: "20m"},
		"memory_mb": {FR: "mémoire du processus des gabarits, en Mio", EN: "memory of the process of templates, in MiB", Default: "512"},
		"rate": {
			FR: "requêtes par seconde vers un site, pages et gabarits ensemble", EN: "requests per second to one site, pages and templates together", Default: "1",
		},
	},
}

// Validate names templates without hashes, and limits that are none.
func (s Settings) Validate() settings.Faults {
	var faults settings.Faults
	switch {
	case s.Folder != "" && s.Pins == "":
		// What runs was chosen by a person, byte for byte (decision 11 of the architecture).
		faults = append(faults, settings.Missing("pins", "pins: gabarits.sha256"))
	case s.Folder == "" && s.Pins != "":
		faults = append(faults, settings.Missing("folder", "folder: gabarits"))
	}
	for _, limit := range []struct {
		key   string
		value int64
	}{{"timeout", int64(s.Timeout)}, {"memory_mb", s.MemoryMB}, {"rate", int64(s.Rate)}} {
		if limit.value < 0 {
			faults = append(faults, settings.Negative(limit.key))
		}
	}
	return faults
}

// FilePaths are the folder and the list of hashes.
func (s *Settings) FilePaths() []*string { return []*string{&s.Folder, &s.Pins} }

// Options are those of a probe that was told nothing else.
func (s Settings) Options() Options {
	return Options{Folder: s.Folder, Pins: s.Pins, Timeout: s.Timeout, MemoryLimit: s.MemoryMB << 20, Rate: s.Rate}
}
