/** Everything that can be wrong with a package; one code, one defect. */
export type PackageErrorCode =
  | 'unreadable'
  | 'damaged'
  | 'too_large'
  | 'too_many_entries'
  | 'absolute_path'
  | 'parent_path'
  | 'bad_name'
  | 'duplicate_name'
  | 'not_in_folder'
  | 'link_escapes'
  | 'hard_link'
  | 'special_file'
  | 'setuid_file'
  | 'manifest_missing'
  | 'manifest_too_large'
  | 'manifest_invalid'
  | 'hook_missing'
  | 'hook_not_executable'
  | 'output_in_source'
  | 'cancelled';

export class PackageError extends Error {
  override readonly name = 'PackageError';
  readonly code: PackageErrorCode;
  constructor(code: PackageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
