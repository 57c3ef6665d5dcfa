// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"regexp"
	"time"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// Settings are how applications are recognised.
type Settings struct {
	// Program is carescan-templates; empty means beside carescan-agent. It is started
	// only when its hash is ProgramSHA256; empty means that of the one built with this
	// agent.
	Program       string `yaml:"program"`
	ProgramSHA256 string `yaml:"program_sha256"`

	Folder   string        `yaml:"folder"`    // operator's own templates
	Pins     string        `yaml:"pins"`      // their hashes, as sha256sum writes them; needed with folder
	Timeout  time.Duration `yaml:"timeout"`   // for one site
	MemoryMB int64         `yaml:"memory_mb"` // of the worker process

	Connections int `yaml:"connections"` // TLS, to a site that keeps none
}

// Defaults are the settings of who says nothing.
func Defaults() Settings {
	return Settings{Timeout: defaultTimeout, MemoryMB: defaultMemory >> 20, Connections: defaultConnections}
}

// Section documents the settings.
var Section = settings.Section{
	Name: "templates",
	Is: scanner.Text{
		FR: "La reconnaissance des applications sur les sites, par des modèles nuclei.",
		EN: "How applications are recognised on sites, by nuclei templates.",
	},
	Keys: settings.Keys{
		"program": {
			FR: "chemin de carescan-templates, quand il n'est pas à côté de carescan-agent", EN: "path of carescan-templates, when it is not beside carescan-agent",
			Example: "/opt/carescan/carescan-templates",
		},
		"program_sha256": {
			FR:      "son empreinte SHA-256, quand il n'a pas été construit avec cet agent ; un autre n'est jamais démarré",
			EN:      "its SHA-256 hash, when it was not built with this agent; no other is ever started",
			Example: "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		},
		"folder": {
			FR: "dossier de vos propres modèles ; ceux qui devinent, écrivent ou exploitent sont refusés",
			EN: "folder of your own templates; those that guess, write or exploit are refused", Example: "modeles",
		},
		"pins": {
			FR: "leurs empreintes, comme les écrit sha256sum ; nécessaire avec folder",
			EN: "their hashes, as sha256sum writes them; needed with folder", Example: "modeles.sha256",
		},
		"timeout":   {FR: "durée au plus pour un site, attentes de notre propre débit à part", EN: "longest time for one site, waits for our own rate apart", Default: "20m"},
		"memory_mb": {FR: "mémoire du processus des modèles, en Mio", EN: "memory of the process of templates, in MiB", Default: "512"},
		"connections": {
			FR:      "connexions TLS au plus vers un site qui n'en garde aucune ouverte ; le rapport dit ce qui n'y a pas été demandé, et 200 suffisent aux modèles fournis",
			EN:      "most TLS connections to a site that keeps none open; the report says what was not asked there, and 200 are enough for the templates supplied",
			Default: "2",
		},
	},
}

// Validate names templates without hashes, and limits that are none.
func (s Settings) Validate() settings.Faults {
	var faults settings.Faults
	switch {
	case s.Folder != "" && s.Pins == "":
		// What runs was chosen by a person, byte for byte (decision 11 of the architecture).
		faults = append(faults, settings.Missing("pins", "pins: modeles.sha256"))
	case s.Folder == "" && s.Pins != "":
		faults = append(faults, settings.Missing("folder", "folder: modeles"))
	}
	if s.ProgramSHA256 != "" && !hash.MatchString(s.ProgramSHA256) {
		faults.Add("program_sha256",
			settings.Say("« %s » n'est pas une empreinte de 64 chiffres hexadécimaux", "%q is not a hash of 64 hexadecimal digits", s.ProgramSHA256),
			settings.Say("écrivez-la comme sha256sum l'écrit", "write it as sha256sum does"))
	}
	for _, limit := range []struct {
		key   string
		value int64
	}{{"timeout", int64(s.Timeout)}, {"memory_mb", s.MemoryMB}, {"connections", int64(s.Connections)}} {
		if limit.value < 0 {
			faults = append(faults, settings.Negative(limit.key))
		}
	}
	return faults
}

// hash is how sha256sum writes one.
var hash = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// FilePaths are the folder, the list of hashes and the program.
func (s *Settings) FilePaths() []*string { return []*string{&s.Folder, &s.Pins, &s.Program} }

// Options are those of a probe that was told nothing else.
func (s Settings) Options() Options {
	return Options{Folder: s.Folder, Pins: s.Pins, Timeout: s.Timeout, MemoryLimit: s.MemoryMB << 20, Connections: s.Connections}
}
