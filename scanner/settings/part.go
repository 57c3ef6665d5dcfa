// SPDX-License-Identifier: Apache-2.0

package settings

import (
	"errors"
	"fmt"
	"strings"

	"carescan/scanner"
	"carescan/scanner/hostname"
)

// Part is what a section is read into, through a pointer: a struct, a list or one
// value.
type Part interface {
	// Validate names what could not work, each key below its section. It touches
	// neither disk nor network.
	Validate() Faults
	// FilePaths are the files and folders it names. Those that are relative are made
	// to start at the folder of the configuration.
	FilePaths() []*string
}

// Missing is the fault of a key that is needed and not written. The example is
// written as in YAML.
func Missing(key, example string) Fault {
	return Fault{
		Key:  key,
		What: scanner.Text{FR: "cette clé est nécessaire et n'est pas écrite", EN: "this key is needed and is not written"},
		Hint: scanner.Text{FR: "ajoutez-la, par exemple : " + example, EN: "add it, for example: " + example},
	}
}

// Negative is the fault of a number or a duration below zero.
func Negative(key string) Fault {
	return Fault{
		Key:  key,
		What: scanner.Text{FR: "la valeur est négative", EN: "the value is negative"},
		Hint: scanner.Text{FR: "écrivez un nombre positif, ou retirez la clé", EN: "write a positive number, or remove the key"},
	}
}

// Twice is the fault of a value that must be written once in a list: the second
// would have no effect.
func Twice(key, value string) Fault {
	return Fault{
		Key:  key,
		What: Say("« %s » est déjà pris plus haut", "%q is already taken above", value),
		Hint: scanner.Text{FR: "donnez à chacun le sien", EN: "give each its own"},
	}
}

// NotName is the fault of a text that is not the name expected there, by what
// package hostname found in it.
func NotName(key, written string, expected scanner.Text, err error) Fault {
	fault := Fault{Key: key, What: Say("%s n'est pas %s", "%s is not %s", Quoted(written), expected)}
	if found, ok := errors.AsType[*hostname.Fault](err); ok {
		fault.What = Say("%s : %s", "%s: %s", fault.What, found.Because)
		fault.Hint = found.Hint
	}
	return fault
}

// Among is the fault of a word that is none of those known.
func Among(key, value string, known []string) Fault {
	list := strings.Join(known, ", ")
	return Fault{
		Key:  key,
		What: Say("« %s » n'est pas une valeur connue", "%q is not a known value", value),
		Hint: scanner.Text{FR: "valeurs possibles : " + list, EN: "possible values: " + list},
	}
}

// Below puts faults below a key: "directories" and "[0].url" give
// "directories[0].url".
func (f Faults) Below(key string) Faults {
	placed := make(Faults, len(f))
	for i, fault := range f {
		fault.Key = below(key, fault.Key)
		placed[i] = fault
	}
	return placed
}

// Each validates the items of a list, each fault below the place of its item, and
// refuses an id that is written twice.
func Each[T any](items []T, id func(T) string, validate func(T) Faults) Faults {
	var faults Faults
	seen := map[string]bool{}
	for i, item := range items {
		own := validate(item)
		if seen[id(item)] {
			own = append(own, Twice("id", id(item)))
		}
		seen[id(item)] = id(item) != ""
		faults = append(faults, own.Below(At(i))...)
	}
	return faults
}

// At is the place of an element of a list: "[2]".
func At(i int) string { return fmt.Sprintf("[%d]", i) }
