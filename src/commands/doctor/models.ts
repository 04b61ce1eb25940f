import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '#config/config.ts';
import { modelsIn, type InstalledModel } from '#providers/sherpa/installed-models.ts';
import { sha256Of } from '../models/pull.ts';
import { ok, problem, skipped, type Finding } from './finding.ts';

/** Whether the files of installed models are those that were installed; `checkVendors` loads them. */
export async function checkModels({ modelsDir }: Config): Promise<readonly Finding[]> {
  const { models, broken } = modelsIn(modelsDir);
  if (models.length + broken.length === 0) return [skipped('models', `none is installed in ${modelsDir}`)];
  const wrong = broken.map(({ name, why }) =>
    problem(`model ${name}`, why, `Mend ${join(modelsDir, name)}, or delete it.`),
  );
  return [...(await Promise.all(models.map(checkModel))), ...wrong];
}

async function checkModel({ name, title, folder, files }: InstalledModel): Promise<Finding> {
  const check = `model ${name}`;
  const again = `Run "npm run models -- pull ${name}".`;
  for (const [path, sum] of Object.entries(files)) {
    const file = join(folder, path);
    if (!existsSync(file)) return problem(check, `${file} is missing`, again);
    if ((await sha256Of(file)) !== sum) return problem(check, `${file} has changed since it was installed`, again);
  }
  return ok(check, `${title}: its files are as they were installed`);
}
