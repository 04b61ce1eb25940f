/** A file that a client keeps here, as it was sent. */
export interface UploadedFile {
  readonly id: number;
  readonly name: string;
  /** Text, or bytes in Base64: whatever the client sent. */
  readonly content: string;
  readonly createdAt: Date;
}
