// SPDX-License-Identifier: Apache-2.0

// Package cli holds what both commands do alike: language, version, logs, exit
// codes, and how an error becomes a sentence and a hint.
package cli

import (
	"errors"
	"fmt"
	"io"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// The exit codes of every command (architecture.md, Commands).
const (
	ExitOK         = 0 // done; for scan, every control holds
	ExitFailed     = 1 // a control fails, or a verification does not hold
	ExitUnusable   = 2 // could not run: flags, configuration, scope
	ExitIncomplete = 3 // the run was incomplete and nothing failed
)

// Problem is an error for a person: what went wrong and what to do next. Cause
// is the technical detail, in English, shown below the sentence.
type Problem struct {
	Sentence scanner.Text
	Hint     scanner.Text
	Cause    error
}

// Error is the English sentence, for logs.
func (p *Problem) Error() string {
	if p.Cause == nil {
		return p.Sentence.EN
	}
	return p.Sentence.EN + ": " + p.Cause.Error()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Exit is an error that only sets the exit code: all was said already.
type Exit int

// Error names the code.
func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Report writes an error as a person reads it and returns the exit code. The
// faults of a configuration come one a line, each with its hint.
func Report(w io.Writer, program string, l scanner.Lang, err error) int {
	if err == nil {
		return ExitOK
	}
	if exit := Exit(0); errors.As(err, &exit) {
		return int(exit)
	}
	problem, isProblem := errors.AsType[*Problem](err)
	faults := faultsOf(err)
	label := scanner.Text{FR: "erreur", EN: "error"}
	switch {
	case isProblem && faults == nil:
		tell(w, program, l, label, problem)
	case faults == nil:
		tell(w, program, l, label, &Problem{ // the library's words are English
			Sentence: scanner.Text{FR: "la commande n'a pas pu être exécutée", EN: "the command could not be carried out"},
			Hint:     scanner.Text{FR: "voir « " + program + " --help »", EN: "see " + program + " --help"},
			Cause:    err,
		})
	default:
		if isProblem {
			say(w, program, l, label, problem.Sentence.Typeset().In(l), scanner.Text{})
		}
		for _, fault := range faults.Shown() {
			say(w, program, l, label, fault.Sentence(l), fault.Hint)
		}
		if isProblem {
			say(w, program, l, label, "", problem.Hint)
		}
	}
	return ExitUnusable
}

// faultsOf are the faults of a configuration that an error carries, if any.
func faultsOf(err error) settings.Faults {
	if one, ok := errors.AsType[settings.Fault](err); ok {
		return settings.Faults{one}
	}
	faults, _ := errors.AsType[settings.Faults](err)
	return faults
}

// say writes a sentence and its hint, each on a line of its own; an empty one is
// left out.
func say(w io.Writer, program string, l scanner.Lang, label scanner.Text, sentence string, hint scanner.Text) {
	if sentence != "" {
		fmt.Fprintf(w, "%s: %s: %s\n", program, label.In(l), sentence)
	}
	if advice := hint.Typeset().In(l); advice != "" {
		fmt.Fprintf(w, "%s: %s: %s\n", program, scanner.Text{FR: "conseil", EN: "hint"}.In(l), advice)
	}
}

// tell says a problem. What happened in technical words is a detail, on a line of
// its own: it is English, whoever reads.
func tell(w io.Writer, program string, l scanner.Lang, label scanner.Text, p *Problem) {
	say(w, program, l, label, p.Sentence.Typeset().In(l), scanner.Text{})
	if p.Cause != nil {
		say(w, program, l, scanner.Text{FR: "détail", EN: "detail"}, p.Cause.Error(), scanner.Text{})
	}
	say(w, program, l, label, "", p.Hint)
}
