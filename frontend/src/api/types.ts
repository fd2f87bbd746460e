// Short names for the types that the API's schema generates. Nothing is defined here.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type AuditEvent = Schemas["AuditEvent"];
export type Change = Schemas["Difference"];
export type Comment = Schemas["Comment"];
export type Confusion = Schemas["Confusion"];
export type Correction = Schemas["Correction"];
export type Dataset = Schemas["Dataset"];
export type DatasetRow = Schemas["DatasetRow"];
export type Diff = Schemas["Diff"];
export type Flag = Schemas["Flag"];
export type FlagDetail = Schemas["FlagDetail"];
export type HistoryEntry = Schemas["HistoryEntry"];
export type Import = Schemas["Import"];
export type Item = Schemas["Item"];
export type Media = Schemas["Media"];
export type Member = Schemas["Member"];
export type NewDataset = Schemas["NewDatasetRequest"];
export type Policy = Schemas["SignoffPolicy"];
export type QueueAnswer = Schemas["QueueAnswer"];
export type Role = Schemas["Role"];
export type RowError = Schemas["RowError"];
export type Run = Schemas["Run"];
export type RunSummary = Schemas["RunSummary"];
export type Session = Schemas["Session"];
export type Signature = Schemas["SignRequest"];
export type Status = Schemas["JobStatus"];
export type UploadParts = Schemas["UploadRequest"];
export type Value = Schemas["LabelValue"];
export type Version = Schemas["Version"];
export type Vote = Schemas["Vote"];
