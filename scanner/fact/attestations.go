// SPDX-License-Identifier: Apache-2.0

package fact

import (
	"time"

	"carescan/scanner"
)

// Attestations are the statements made by people of the establishment for what
// no probe can see.
type Attestations struct {
	Items []Attestation `json:"items"`
	// Unread are the statements that could not be read, or whose document could not.
	// They prove nothing, and take nothing from the others.
	Unread []UnreadAttestation `json:"unread,omitempty"`
}

// FactKind names the fact.
func (Attestations) FactKind() string { return "attestations" }

// Attestation is one dated statement.
type Attestation struct {
	Topic     string    `json:"topic"`               // "crisis-exercise", "pssi-approval"
	Date      time.Time `json:"date"`                // of the event: exercise held, policy approved
	Role      string    `json:"role"`                // function of who states it, never a name
	Reference string    `json:"reference,omitempty"` // of the document
	Document  string    `json:"document,omitempty"`  // digest of the file, "sha256:…"
	// Exercise is the type of a crisis exercise; empty when it was not stated.
	Exercise ExerciseType `json:"exercise,omitempty"`
}

// ExerciseType is a type of exercise, as the programme tells those that count as
// the yearly one from those that do not (regulation-2.md section 6).
type ExerciseType string

// The types of exercise.
const (
	ExerciseCare        ExerciseType = "care-continuity" // of care, set off by a cyber crisis, with the management and care departments: the one that counts
	ExerciseIT          ExerciseType = "it-continuity"
	ExerciseRecovery    ExerciseType = "it-recovery" // of information systems, at the level of a group
	ExerciseMaintenance ExerciseType = "maintenance" // degraded mode during maintenance
	ExerciseSwitch      ExerciseType = "switch"      // routine switch between redundant systems
	ExerciseRestore     ExerciseType = "restore"     // restore test
	ExerciseDirectory   ExerciseType = "directory-restore"
)

// ExerciseTypes lists the types, the one that counts first.
func ExerciseTypes() []ExerciseType {
	return []ExerciseType{
		ExerciseCare, ExerciseIT, ExerciseRecovery, ExerciseMaintenance, ExerciseSwitch, ExerciseRestore, ExerciseDirectory,
	}
}

// UnreadAttestation is a statement whose document could not be read. The document is
// known by the line that cites it, for its name may hold that of a person.
type UnreadAttestation struct {
	Topic  string         `json:"topic"`
	Date   time.Time      `json:"date"`
	Line   int            `json:"line"`
	Causes scanner.Causes `json:"causes"`
	// Malformed is true when the statement itself could not be read: the line is its
	// own, the topic is empty when it may be any, and the date zero when not known.
	Malformed bool `json:"malformed,omitempty"`
}
